"""Administration: queues first, and every decision with its reason."""

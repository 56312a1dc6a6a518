"""What models say about the paths of donors: estimates, recomputable, never added to credit."""

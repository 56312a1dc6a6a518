"""Files made of reports: asked for, made by a task, kept for some days."""

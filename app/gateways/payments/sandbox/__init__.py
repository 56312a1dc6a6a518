"""The simulated provider. TEST MODE: its books are real rows, its money is not."""

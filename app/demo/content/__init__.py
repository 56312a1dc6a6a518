"""What the demo's platform holds. Every organisation, person, number and story is invented."""

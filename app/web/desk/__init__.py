"""The nonprofit desk: registration, team, payment account, projects and reports of an organisation."""

"""`make sending`: faults, ceilings under kills, a fortnight in minutes, a campaign, the claim."""

"""The operator: `JuliaStatus` resources and the table `julia_status` tell one truth."""

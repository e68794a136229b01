"""What a webhook says and whether its sender may say it. Pure: no network, no clock."""

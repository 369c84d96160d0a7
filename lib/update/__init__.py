"""What is an update, and may it be used here? Pure; firmware/tasks/carrier.py brings the bytes."""

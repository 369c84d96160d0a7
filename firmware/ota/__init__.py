"""How does a new build come onto the station, run on trial, and stay or go? docs/updates.md"""

"""The public pages, by what they tell."""

"""Conversions: events taken in, deduplicated, made due to ads by their touches, and added up as they come."""

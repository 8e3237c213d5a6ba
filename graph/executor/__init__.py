"""Breadth-first execution of a validated query: each field once for all objects of its level."""

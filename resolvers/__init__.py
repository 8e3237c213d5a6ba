"""How a field gets its value: batch functions, windows, metric formulas. Knows db, not graph."""

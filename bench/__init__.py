"""Benchmarks: workloads, each measured on several subjects against one baseline, side by side in one run.

A workload is one small file that lists its subjects; a subject is an async context manager that yields a function
answering the workload once, as bytes. Every subject must give the baseline's answer before any time counts.
"""

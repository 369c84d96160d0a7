"""What does tools/plan.py consist of?

problem.py reads and checks a JSON problem and turns it into whole numbers; solve.py runs
lib/planner on them, on CPython or on MicroPython (device.py); answer.py writes the plan.
"""

"""Main for tests: runs Python code in a process of its own, which has imported TensorFlow.

python_code.py <code> <arguments of the code>
"""

import sys

if __name__ == "__main__":
    exec(sys.argv.pop(1))

"""Machines of files for the tables of simulate_disks.py and simulate_cards.py: a folder with the parts of /sys that a
row names, what slipway-agent reports of it, what slipway simulate decides, and TAP lines."""
import json
import os
import shutil
import subprocess
import sys
import tempfile


class Tree:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='slipway-tree-')

    def put(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'wb') as f:
            f.write(text if isinstance(text, bytes) else f'{text}\n'.encode())

    def link(self, path, target):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        os.symlink(target, full)

    def remove(self):
        shutil.rmtree(self.root)


class Results:
    """The programs of a build, and the lines of a test: number, title, what was wrong."""

    def __init__(self, build, first):
        self.bin = os.path.join(build, 'bin')
        self.n = first
        self.bad = False

    def agent(self, what, tree):
        done = subprocess.run([os.path.join(self.bin, 'slipway-agent'), what, '--root', tree.root], stdout=subprocess.PIPE,
                              check=True)
        return json.loads(done.stdout)

    def simulate(self, facts, disk):
        """Of the disk that is named serial=.. or wwn=..; None: of whichever fits."""
        with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
            json.dump(facts, f)
            f.flush()
            argv = [os.path.join(self.bin, 'slipway'), 'simulate', f.name]
            done = subprocess.run(argv + (['--disk', disk] if disk else []), stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def say(self, title, wrong):
        self.n += 1
        self.bad |= bool(wrong)
        print(f'{"not ok" if wrong else "ok"} {self.n} - {title}')
        for line in wrong:
            print(f'# {line}')

    def end(self):
        sys.exit(1 if self.bad else 0)

"""Before and after of each kind of fault. What is not named in a case must come out as it went in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from generator.sanity.repair import repair

CONSTANTS = [
    ("x = true\n", "x = True\n"),
    ("x = [false, null]\n", "x = [False, None]\n"),
    ("def f(a=none):\n    return a\n", "def f(a=None):\n    return a\n"),
    ("d = {'a': null, 'b': 1}\n", "d = {'a': None, 'b': 1}\n"),
    ("if 1 == NULL:\n    pass\n", "if 1 == None:\n    pass\n"),
    ("x = TRUE\n", "x = True\n"),
    ("print('true', true)  # true\n", "print('true', True)  # true\n"),
    ("class A:\n    on = false\n", "class A:\n    on = False\n"),
    ("f = lambda: nil\n", "f = lambda: None\n"),
    ("x = {'v': true}['v']\nassert x is true\n", "x = {'v': True}['v']\nassert x is True\n"),
]
BOUND = [
    "true = 1\nx = true\n",
    "from m import *\nx = true\n",
    "def f(null):\n    return null\n",
    "from sympy import true\nx = true\n",
    "try:\n    true\nexcept NameError:\n    true = 1\n",
    "x = 'true'  # null\n",
    "f(true=1, none=2)\n".replace("f", "dict"),
    "import os\nos.true\n",
    "for none in []:\n    print(none)\n",
    "x = '“quoted”'  # ‘so’ && so\n",
]
QUOTES = [
    ("print(“hi”)\n", 'print("hi")\n'),
    ("print(‘hi’)\n", "print('hi')\n"),
    ("print(“it’s”)\n", 'print("it’s")\n'),
    ("x = [“a”, “b”, ‘c’]\n", 'x = ["a", "b", \'c\']\n'),
    ("x = {“a”: ‘b’}\n", "x = {\"a\": 'b'}\n"),
    ('print(“say "hi"”)\n', "print('say \"hi\"')\n"),
    ('print("hi”)\n', 'print("hi")\n'),
    ('print(“hi")\n', 'print("hi")\n'),
    ("def f():\n    “““Doc.”””\n    return 1\n", 'def f():\n    """Doc."""\n    return 1\n'),
    (
        "def f():\n    “““Doc.\n\n    More.\n    ”””\n    return 1\n",
        'def f():\n    """Doc.\n\n    More.\n    """\n    return 1\n',
    ),
    ("print(`hi`)\n", "print('hi')\n"),
    ("print(f“{1}”)\n", 'print(f"{1}")\n'),
]
CHARACTERS = [
    ("x = 1 – 2\n", "x = 1 - 2\n"),
    ("x = 1 − 2\n", "x = 1 - 2\n"),
    ("x = 2 × 3\n", "x = 2 * 3\n"),
    ("print（1， 2）\n", "print(1, 2)\n"),
    ("if 1：\n    pass\n", "if 1:\n    pass\n"),
    ("x\u00a0= 1\n", "x = 1\n"),
    ("x = 1\u200b\n", "x = 1\n"),
    ("x = 1；y = 2\n", "x = 1;y = 2\n"),
    ("if 1 ≠ 2 or 1 ≤ 2:\n    pass\n", "if 1  !=  2 or 1  <=  2:\n    pass\n"),
    ("def f() → int:\n    return 1\n", "def f() -> int:\n    return 1\n"),
    ("dеf f():\n    return 1\n", "def f():\n    return 1\n"),  # a Cyrillic letter
    ("x = [1，2，3]  # a，b\n", "x = [1,2,3]  # a，b\n"),
]
TABS = [
    ("def f():\n    x = 1\n\treturn x\n", "def f():\n    x = 1\n    return x\n"),
    ("def f():\n\tx = 1\n    return x\n", "def f():\n    x = 1\n    return x\n"),
    ("if 1:\n    if 2:\n\t\tx = 1\n    y = 2\n", "if 1:\n    if 2:\n        x = 1\n    y = 2\n"),
    ("if 1:\n    if 2:\n\tx = 1\n    y = 2\n", "if 1:\n    if 2:\n        x = 1\n    y = 2\n"),
    ("if 1:\n\tx = 1\n\ty = 2\n    z = 3\n", "if 1:\n\tx = 1\n\ty = 2\n\tz = 3\n"),
    ("class A:\n    a = 1\n\tb = 2\n    c = 3\n", "class A:\n    a = 1\n    b = 2\n    c = 3\n"),
    ("def f():\n    x = '''\n\tx\n'''\n\treturn x\n", "def f():\n    x = '''\n\tx\n'''\n    return x\n"),
    ("while 1:\n    break\n\t# a note\n\tpass\n", "while 1:\n    break\n\t# a note\n    pass\n"),
    ("def f():\n  x = 1\n\treturn x\n", "def f():\n  x = 1\n  return x\n"),
    ("for x in y:\n    print(x)\n\tprint(x)\n", "for x in y:\n    print(x)\n    print(x)\n"),
]
COLONS = [
    ("if 1\n    pass\n", "if 1:\n    pass\n"),
    ("if 1:\n    pass\nelse\n    pass\n", "if 1:\n    pass\nelse:\n    pass\n"),
    ("def f(a, b)\n    return a\n", "def f(a, b):\n    return a\n"),
    ("def f(a) -> int\n    return a\n", "def f(a) -> int:\n    return a\n"),
    ("class A\n    pass\n", "class A:\n    pass\n"),
    ("class A(B)\n    pass\n", "class A(B):\n    pass\n"),
    ("for x in [1]  # a note\n    pass\n", "for x in [1]:  # a note\n    pass\n"),
    ("while True\n    break\n", "while True:\n    break\n"),
    (
        "try\n    pass\nexcept E\n    pass\nfinally\n    pass\n",
        "try:\n    pass\nexcept E:\n    pass\nfinally:\n    pass\n",
    ),
    ("with open(p) as f\n    pass\n", "with open(p) as f:\n    pass\n"),
    ("f = lambda x x + 1\n", "f = lambda x: x + 1\n"),
    ("async def f()\n    pass\n", "async def f():\n    pass\n"),
    ("if (a and\n        b)\n    pass\n", "if (a and\n        b):\n    pass\n"),
]
BRACKETS = [
    ("print(1\nx = 2\n", "print(1)\nx = 2\n"),
    ("print 1)\nx = 2\n".replace("print 1", "print1"), "print(1)\nx = 2\n"),
    ("x = [1, 2\ny = 3\n", "x = [1, 2]\ny = 3\n"),
    ("x = {'a': 1\ny = 3\n", "x = {'a': 1}\ny = 3\n"),
    ("x = f(g(1)\ny = 3\n", "x = f(g(1))\ny = 3\n"),
    ("x = f(1))\ny = 3\n", "x = f(1)\ny = 3\n"),
    ("def f(a, b:\n    return a\n", "def f(a, b):\n    return a\n"),
    ("def fself, b):\n    return b\n", "def f(self, b):\n    return b\n"),
    ("if len(x > 0:\n    pass\n", "if len(x) > 0:\n    pass\n"),
    ("x = [\n    1,\n    2,\n\ny = 3\n", "x = [\n    1,\n    2,]\n\ny = 3\n"),
    ("x = f(\n    1,\n    2,\n\nif x:\n    pass\n", "x = f(\n    1,\n    2,)\n\nif x:\n    pass\n"),
    ("x = [f(1), f(2), f(3]\n", "x = [f(1), f(2), f(3)]\n"),
    ("x = \n    1,\n    2,\n]\ny = 1\n", "x = [\n    1,\n    2,\n]\ny = 1\n"),
    ("x = a[i\ny = 1\n", "x = a[i]\ny = 1\n"),
]
OPERATORS = [
    ("x = a && b\n", "x = a and b\n"),
    ("x = a || b\n", "x = a or b\n"),
    ("x = !a\n", "x = not a\n"),
    ("if !(a && b) || c:\n    pass\n", "if not (a and b) or c:\n    pass\n"),
    ("x = a&&b\n", "x = a and b\n"),
    ("x = a != b && !c\n", "x = a != b and not c\n"),
    ("x = (!a)\n", "x = (not a)\n"),
    ("while !done && x:\n    pass\n", "while not done and x:\n    pass\n"),
    ("x = '&&' && '!'  # ||\n", "x = '&&' and '!'  # ||\n"),
    ("assert !x, 'a || b'\n", "assert not x, 'a || b'\n"),
]
ELSE_IF = [
    ("if a:\n    pass\nelse if b:\n    pass\n", "if a:\n    pass\nelif b:\n    pass\n"),
    ("if a:\n    pass\nelseif b:\n    pass\n", "if a:\n    pass\nelif b:\n    pass\n"),
    ("if a:\n    pass\nelsif b:\n    pass\n", "if a:\n    pass\nelif b:\n    pass\n"),
    ("if a:\n    pass\nelse  if b:\n    pass\n", "if a:\n    pass\nelif b:\n    pass\n"),
    ("if a:\n    pass\nelse if b\n    pass\n", "if a:\n    pass\nelif b:\n    pass\n"),
    ("if a:\n    pass\nelse if b && c:\n    pass\n", "if a:\n    pass\nelif b and c:\n    pass\n"),
    ("if a: x = 1\nelse if b: x = 2\n", "if a: x = 1\nelif b: x = 2\n"),
    (
        "if a:\n    pass\nelse if b:\n    pass\nelse:\n    pass\n",
        "if a:\n    pass\nelif b:\n    pass\nelse:\n    pass\n",
    ),
    (
        "if a:\n    pass\nelse if (b or\n        c):\n    pass\n",
        "if a:\n    pass\nelif (b or\n        c):\n    pass\n",
    ),
    ("if a:\n    pass\nelse if b:  # else if\n    pass\n", "if a:\n    pass\nelif b:  # else if\n    pass\n"),
]
STRINGS = [
    ("x = 'a\ny = 1\n", "x = 'a'\ny = 1\n"),
    ('print("hello, world)\ny = 1\n', 'print("hello, world")\ny = 1\n'),
    ("x = {'a: 1, 'b': 2}\n", "x = {'a': 1, 'b': 2}\n"),
    ("if x == 'a:\n    pass\n", "if x == 'a':\n    pass\n"),
    ("x = d['key]\ny = 1\n", "x = d['key']\ny = 1\n"),
    ("f('a', 'b)\ny = 1\n", "f('a', 'b')\ny = 1\n"),
    ("x = [\n    'a',\n    'b,\n    'c',\n]\n", "x = [\n    'a',\n    'b',\n    'c',\n]\n"),
    ("x = '.join(y)\nz = 1\n", "x = ''.join(y)\nz = 1\n"),
    ('def f():\n    """Doc.\n    return 1\n', 'def f():\n    """Doc."""\n    return 1\n'),
    (
        'def f():\n    """Doc.\n\n    More.\n    \n    return 1\n\n\ndef g():\n    """Doc."""\n',
        'def f():\n    """Doc.\n\n    More.\n    """\n    return 1\n\n\ndef g():\n    """Doc."""\n',
    ),
    ("x = f'{y}\nz = 1\n", "x = f'{y}'\nz = 1\n"),
]
MARKDOWN = [
    ("```python\nx = 1\n```\n", "x = 1\n"),
    ("```\nx = 1\n```\n", "x = 1\n"),
    ("x = 1\n```\n", "x = 1\n"),
    ("```py\nx = 1\n", "x = 1\n"),
    ("Sure!\n\n```\nx = 1\n```\n\nAs you see, `x` is 1.\n", "# Sure!\n\nx = 1\n\n# As you see, `x` is 1.\n"),
    ("Here's the code:\n\n```python\nx = 1\n```\n", "# Here's the code:\n\nx = 1\n"),
    ("```python\nx = 1\n```\nHope this helps you!\n", "x = 1\n# Hope this helps you!\n"),
    ("```python\nif x\n    pass\n```\n", "if x:\n    pass\n"),
    ("x = '''\n```\n'''\n```\n", "x = '''\n```\n'''\n"),
    ("# a\n```python\ndef f():\n    return 1\n```\n", "# a\ndef f():\n    return 1\n"),
]
PROMPTS = [
    (">>> x = 1\n", "x = 1\n"),
    (">>> x = 1\n>>> y = 2\n", "x = 1\ny = 2\n"),
    (">>> def f():\n...     return 1\n...\n", "def f():\n    return 1\n\n"),
    (">>> f(1)\nFalse, so far as we know\n>>> y = 2\n", "f(1)\n# False, so far as we know\ny = 2\n"),
    ("In [1]: import os\n", "import os\n"),
    ("In [1]: def f():\n   ...:     return 1\n   ...: \n", "def f():\n    return 1\n\n"),
    ("In [1]: x = 1\n\nIn [2]: x\nOut[2]: 1\n", "x = 1\n\nx\n# Out[2]: 1\n"),
    ("$ pip install x\nx = 1\n", "# $ pip install x\nx = 1\n"),
    ("x = 1\n>>> if x:\n...     y = 2\nz = 3\n", "x = 1\nif x:\n    y = 2\nz = 3\n"),
    ("def f():\n    >>> return 1\n", "def f():\n    return 1\n"),
    ("!pip install x\nx = 1\n", "# !pip install x\nx = 1\n"),
    ("x = '''\n>>> a\n'''\n>>> y = 1\n", "x = '''\n>>> a\n'''\ny = 1\n"),
]
IMPORTS = [
    ("print(os.getcwd())\n", "import os\n\nprint(os.getcwd())\n"),
    ("x = np.zeros(3)\n", "import numpy as np\n\nx = np.zeros(3)\n"),
    ('"""Doc."""\n\nx = json.dumps(1)\n', '"""Doc."""\n\nimport json\n\nx = json.dumps(1)\n'),
    (
        "import abc\nimport sys\n\nprint(abc, sys, os.sep)\n",
        "import abc\nimport os\nimport sys\n\nprint(abc, sys, os.sep)\n",
    ),
    (
        "from __future__ import annotations\n\nx = re.compile('a')\n",
        "from __future__ import annotations\n\nimport re\n\nx = re.compile('a')\n",
    ),
    ("import os\n\nx = os.path, torch.ones(1)\n", "import os\nimport torch\n\nx = os.path, torch.ones(1)\n"),
    ("def f():\n    return math.pi\n", "import math\n\n\ndef f():\n    return math.pi\n"),
    (
        "@dataclass\nclass A:\n    x: int\n",
        "from dataclasses import dataclass\n\n\n@dataclass\nclass A:\n    x: int\n",
    ),
    (
        "#!/usr/bin/env python\n# Words.\nprint(sys.argv)\n",
        "#!/usr/bin/env python\n# Words.\nimport sys\n\nprint(sys.argv)\n",
    ),
    ("x = Path('a') / pd.NA\n", "from pathlib import Path\nimport pandas as pd\n\nx = Path('a') / pd.NA\n"),
]
NOT_IMPORTED = [
    "def f(os):\n    return os.sep\n",
    "from m import *\nprint(os.sep)\n",
    "globals().update(x=1)\nprint(os.sep)\n",
    "x = time(1)\n",
    "print(os.sep)\nos = 1\n",
    "x = 'os.sep'  # np.zeros\n",
    "try:\n    import json\nexcept ImportError:\n    json = None\nprint(json.dumps)\n",
    "print(unheard_of.x)\n",
    "def f():\n    global os\n    os = 1\n\n\nprint(os.x)\n",
    "class A:\n    os = 1\n    x = os.real\n",
    "In = {}\nIn [1]: int = 3\n",
]
KEYWORDS = [
    ("def f():\n    retrun 1\n", "def f():\n    return 1\n"),
    ("improt os\nos.sep\n", "import os\nos.sep\n"),
    ("form os import sep\n", "from os import sep\n"),
    ("if a:\n    pass\nesle:\n    pass\n", "if a:\n    pass\nelse:\n    pass\n"),
    ("whlie x:\n    pass\n", "while x:\n    pass\n"),
    ("f = lamda x: x\n", "f = lambda x: x\n"),
    ("fro x in y:\n    pass\n", "for x in y:\n    pass\n"),
    ("dfe f():\n    pass\n", "def f():\n    pass\n"),
    ("clas A:\n    pass\n", "class A:\n    pass\n"),
    ("try:\n    pass\nexept E:\n    rasie x\n", "try:\n    pass\nexcept E:\n    raise x\n"),
    ("x = a nad b\n", "x = a and b\n"),
    ("If x:\n    pass\n", "if x:\n    pass\n"),
    ("for x in y:\n    contineu\n", "for x in y:\n    continue\n"),
    ("def f(x):\n    retrun (x)\n", "def f(x):\n    return (x)\n"),
    ("asnyc def f():\n    pass\n", "async def f():\n    pass\n"),
]
SEVERAL = [
    ("def f(x, y)\n    retrun x && y\n", "def f(x, y):\n    return x and y\n"),
    (
        "```\nif a\n    print(“x”)\nelse if b:\n\tprint('y)\n```\n",
        "if a:\n    print(\"x\")\nelif b:\n\tprint('y')\n",
    ),
    (">>> x = [true, “a”\n>>> y = 1\n", '>>> x = [True, "a"]\n>>> y = 1\n'.replace(">>> ", "")),
    ("class A(B\n    x = 1\n    y = 2\n", "class A(B):\n    x = 1\n    y = 2\n"),
]
EVERY = {
    "constants": CONSTANTS,
    "quotes": QUOTES,
    "characters": CHARACTERS,
    "tabs": TABS,
    "colons": COLONS,
    "brackets": BRACKETS,
    "operators": OPERATORS,
    "else if": ELSE_IF,
    "strings": STRINGS,
    "Markdown": MARKDOWN,
    "prompts": PROMPTS,
    "imports": IMPORTS,
    "keywords": KEYWORDS,
    "several": SEVERAL,
}
CASES = [
    pytest.param(*pair, id=f"{kind}-{i}") for kind, pairs in EVERY.items() for i, pair in enumerate(pairs)
]


@pytest.mark.parametrize(("before", "after"), CASES)
def test_a_fault_is_repaired_and_nothing_else_is_touched(before, after):
    (repaired,) = repair([before])
    assert repaired.text == after
    assert repaired.left == ()
    ast.parse(repaired.text)


@pytest.mark.parametrize(("before", "after"), CASES)
def test_each_change_names_a_line_that_changed(before, after):
    (repaired,) = repair([before])
    assert repaired.changes
    assert {change.line for change in repaired.changes} <= set(range(1, before.count("\n") + 2))
    assert all(change.why for change in repaired.changes)
    if before.count("\n") == after.count("\n"):
        pairs = zip(before.splitlines(), after.splitlines(), strict=True)
        differing = {number for number, (old, new) in enumerate(pairs, start=1) if old != new}
        assert {change.line for change in repaired.changes} == differing


@pytest.mark.parametrize(("before", "after"), CASES)
def test_what_was_repaired_needs_no_more(before, after):
    (again,) = repair([after])
    assert again.text == after
    assert again.changes == ()


@pytest.mark.parametrize("text", BOUND + NOT_IMPORTED)
def test_a_name_that_may_be_bound_is_left_alone(text):
    (repaired,) = repair([text])
    assert (repaired.text, repaired.changes) == (text, ())


@pytest.mark.parametrize(
    "text",
    [
        "Dear all, this is not Python at all; it is (only) a letter.\nYours, somebody else and me\n",
        "SELECT a, b FROM t WHERE a > 3 ORDER BY b\nINSERT INTO t VALUES 1 2 3\n",
        (Path(__file__).parents[2] / "README.md").read_text("utf-8"),
        (Path(__file__).parents[2] / "docs" / "architecture.md").read_text("utf-8"),
        "x = = = 1\n",
        "def 1f():\n",
        "}{)(][ what ][)(}{ now\n",
        "\x00\x01\x02\n",
    ],
)
def test_what_cannot_be_repaired_is_left_as_it_is_with_the_place(text):
    (repaired,) = repair([text])
    assert repaired.text == text
    assert repaired.changes == ()
    assert repaired.left[0].line >= 1
    assert repaired.left[0].why


def test_what_can_be_repaired_is_beside_what_cannot():
    before = "def f(x)\n    return x\n\n\ny = = = 1\n\n\ndef g(x)\n    return x\n"
    (repaired,) = repair([before])
    assert repaired.text == before.replace("(x)\n", "(x):\n")
    assert [change.line for change in repaired.left] == [5]

"""How does the build make one small program of many readable files? As a linker does.

A station as .mpy files holds all its code, every module and every name in RAM, so the form `mpy`
is built from the whole program:

- program.py reads the files and knows what each name in them means;
- constants.py puts the values of constants in their places;
- tables.py leaves the large tables on flash, in one file beside the modules (form `mpy`);
- join.py makes one module (`galvani`) of those that always stay (plan.py): what one says of
  another becomes a plain name, the imports between them vanish;
- names.py gives what the program itself named names that stock MicroPython has in its flash;
- emit.py writes the text that is compiled, and the map that leads back (tools/trace.py).

Nothing of it changes what the program does; `python tools/build.py --form apart` leaves it out.
"""

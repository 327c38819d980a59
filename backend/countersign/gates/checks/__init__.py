"""One file for each gate; :mod:`countersign.gates.registry` names them all."""

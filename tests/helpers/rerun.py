"""Do the jobs of a finished run again in this process, with other settings."""

import importlib.util
from pathlib import Path

from artifact.chain import Chain
from artifact.replay import command_line
from supnorm.job.records import SUFFIX


def rerun(tree, change):
    """Do again what another setting changes, and what follows from it; return the rules of it.

    Works in the root of the tree. `change` takes the name of an option and its value in the run,
    and returns its value from now on.
    """
    chain = Chain(Path(), tree.whole.name)
    done, changed = [], set()
    for job in chain.jobs(chain.makers):
        told = {name: change(name, value) for name, value in job.options.items()}
        read = {name: {path: path for path in files} for name, files in job.inputs.items()}
        outputs = [path for files in job.outputs.values() for path in files]
        if told != job.options or changed & {path for files in read.values() for path in files}:
            _, program, *arguments = command_line(job, told, read)
            records = {str(Path(path).with_suffix(SUFFIX)) for path in outputs}
            spec = importlib.util.spec_from_file_location(job.rule, program)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.main([*arguments, "--record", *sorted(records)])
            changed.update(outputs)
            done.append(job.rule)
    return done

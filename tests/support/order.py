"""The order in which the files of tests begin: the longest first, so that none is left alone at the end."""

LONGEST = (  # those that take about a minute or more in all, the longest first
    *("wandb_server/test_agent_kills", "run/test_other_rows", "distributed/test_models", "paradigms/test_contract"),
    *("commands/life/test_kills", "wandb_server/test_mirror", "run/test_fashion_mnist", "wandb_server/test_sweep"),
    *("distributed/test_validations", "commands/life/test_disks", "commands/said/test_refusals"),
    *("sweep/test_engine", "wandb_server/test_sweep_files", "evaluation/test_hard_inputs"),
)


def longest_first(items, folder):
    """Sorts tests by the place of their file in ``LONGEST``; others follow as they come."""
    places = {folder / f"{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))

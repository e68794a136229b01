import random
from xml.etree import ElementTree as ET

from julia_dev.sending.faults import CATALOGUE, FAMILIES, Faults, drawn, read


def case(name: str, *faults: int, outcome: str = "") -> str:
    properties = "".join(f'<property name="fault" value="{n}"/>' for n in faults)
    return (
        f'<testcase name="{name}"><properties>{properties}</properties>'
        f"{outcome and f'<{outcome}/>'}</testcase>"
    )


def report(*cases: str) -> Faults:
    text = f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"
    return read(ET.fromstring(text), least=18)  # noqa: S314 - written here


def test_a_fault_counts_once_however_many_tests_play_it():
    found = report(case("a", 6), case("b", 6), case("c", 7, 36))
    assert (found.played, found.survived) == (frozenset({6, 7, 36}), frozenset({6, 7, 36}))


def test_a_fault_is_not_survived_when_one_of_its_tests_failed():
    found = report(case("a", 6), case("b", 6, outcome="failure"))
    assert (found.played, found.survived) == (frozenset({6}), frozenset())
    assert found.failed_tests == ("b",)


def test_an_error_after_the_test_is_a_failure_of_it():
    assert report(case("a", 6, outcome="error")).survived == frozenset()


def test_a_skipped_test_is_no_proof():
    assert report(case("a", 6, outcome="skipped")).survived == frozenset()


def test_too_few_faults_are_a_missed_bar():
    few = Faults(frozenset({6, 7}), frozenset({6, 7}), (), least=18)
    assert few.missed() == ["faults: 2 were played, below 18"]


def test_all_faults_survived_miss_no_bar():
    assert Faults(CATALOGUE, CATALOGUE, (), least=18).missed() == []


def test_one_test_of_each_family_is_drawn_and_in_time_every_one():
    tests = {f"{turn} of {fault}": (fault,) for fault in CATALOGUE for turn in ("first", "second")}
    draws = [drawn(random.Random(seed), tests | {"other": (64,)}) for seed in range(100)]
    for chosen in draws:
        played = [fault for name in chosen for fault in tests[name]]
        assert len(played) == len(FAMILIES)
        assert all(set(played) & set(family) for family in FAMILIES)
    assert set().union(*draws) == tests.keys()

"""Values are laid over each other as Helm does it."""

from dataclasses import replace

from julia_dev.e2e.images import Images
from julia_dev.e2e.install import merged


def test_what_is_not_changed_stays() -> None:
    base = {"brain": {"replicas": 2, "image": {"tag": "a"}}, "config": {"DEBUG": False}}
    assert merged(base, {"brain": {"image": {"tag": "b"}}}) == {
        "brain": {"replicas": 2, "image": {"tag": "b"}},
        "config": {"DEBUG": False},
    }
    assert base["brain"] == {"replicas": 2, "image": {"tag": "a"}}


def test_a_value_takes_the_place_of_a_group_and_a_group_that_of_a_value() -> None:
    assert merged({"a": {"b": 1}}, {"a": None}) == {"a": None}
    assert merged({"a": 1}, {"a": {"b": 1}}) == {"a": {"b": 1}}


def test_all_images_come_from_the_same_registry() -> None:
    values = Images(registry="registry.example.com", tag="t").values()
    assert values["image"] == {"registry": "registry.example.com", "tag": "t"}
    assert values["rabbitmq"]["image"] == {
        "registry": "registry.example.com",
        "repository": "julia-rabbitmq",
        "tag": "t",
    }


def test_a_second_tag_names_the_same_images() -> None:
    images = Images()
    other = replace(images, tag=images.other)
    assert [each.rpartition(":")[0] for each in images.own()] == [
        each.rpartition(":")[0] for each in other.own()
    ]
    assert {each.rpartition(":")[2] for each in other.own()} == {"dev2"}


def test_every_image_of_the_chart_and_of_its_neighbours_is_loaded() -> None:
    images = Images()
    loaded = {*images.own(), *images.beside()}
    values = images.values()
    named = {images.of(part) for part in ("simulators", "postgres")}
    for image in (
        *(values[neighbour]["image"] for neighbour in ("redis", "rabbitmq", "evolution")),
        *values["backup"]["images"].values(),
    ):
        named.add(f"{image['registry']}/{image['repository']}:{image['tag']}")
    assert named <= loaded

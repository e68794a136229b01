from julia_dev.sending.windows import most_within


def test_nothing_fills_no_window():
    assert most_within([], 60) == 0


def test_the_fullest_stretch_may_begin_anywhere():
    assert most_within([0, 50, 59, 61, 100, 109], 60) == 5


def test_the_order_in_which_moments_come_does_not_matter():
    assert most_within([109, 0, 61, 50, 100, 59], 60) == 5


def test_what_is_a_whole_window_apart_is_not_within_it():
    assert most_within([0, 60, 120], 60) == 1

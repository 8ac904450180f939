"""Sets of parks in memory, against Python's own sets."""

from hypothesis import given
from hypothesis import strategies as st

from parks.postings import SPARSE, Postings, bits_of, flags_of, places_of

# Around the size at which a set is kept in the other way.
SIZES = st.integers(min_value=1, max_value=4 * SPARSE)
VALUES = st.sampled_from("abc")


@given(st.data())
def test_postings_tell_what_was_put_last(data):
    postings, there, size = Postings(), {}, 0
    for _turn in range(data.draw(st.integers(1, 4))):
        size += data.draw(SIZES)
        places = st.integers(0, size - 1)
        changed = data.draw(st.sets(places, max_size=60))
        added = data.draw(st.dictionaries(VALUES, st.lists(places.filter(changed.__contains__)))) if changed else {}
        postings = postings.put(size, bits_of(changed, size), added)
        there = {value: there.get(value, set()) - changed | set(added.get(value, ())) for value in {*there, *added}}
    among = data.draw(st.sets(st.integers(0, size - 1)))
    chosen = data.draw(st.lists(VALUES))
    assert set(postings) == {value for value, places in there.items() if places}
    assert places_of(postings.having(*chosen), size) == sorted(set().union(*(there.get(each, ()) for each in chosen)))
    counts = {value: len(places & among) for value, places in there.items() if places & among}
    assert postings.counts(bits_of(among, size)) == counts


@given(st.sets(st.integers(0, 99)))
def test_flags_stand_at_the_places_of_a_set(places):
    assert list(flags_of(bits_of(places, 100), 100))[:100] == [place in places for place in range(100)]

package storetest

import "slices"

func declareCases() []SharedCase {
	return []SharedCase{
		{Name: "a host is told what the others declare", test: declares},
	}
}

func (m *member) declare(ids ...string) []string {
	m.Helper()
	others, err := m.shared.Declare(m.ctx, m.id, ids)
	m.check("declaring", err)
	slices.Sort(others)
	return slices.Compact(others)
}

func declares(c *cluster) {
	hosts := c.members(3)
	a, b, d := hosts[0], hosts[1], hosts[2]
	equal(a.fixture, "how many others declare at first", len(a.declare("x", "y")), 0)
	equal(b.fixture, "what the first declares", b.declare("y", "z"), []string{"x", "y"})
	equal(d.fixture, "what both declare", d.declare("y"), []string{"x", "y", "z"})
	equal(a.fixture, "what others declare when it declares less", a.declare("x"), []string{"y", "z"})
	equal(b.fixture, "what others declare then", b.declare(), []string{"x", "y"})
	a.leave(a.id, 1)
	equal(b.fixture, "what others declare when one has left", b.declare("w"), []string{"y"})
	d.die()
	c.expire()
	b.check("taking over", second(b.shared.TakeOver(b.ctx, b.id, minute(2))))
	equal(b.fixture, "how many others declare when the last one is dead", len(b.declare("w")), 0)
}

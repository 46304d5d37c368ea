package qrssim

// ring keeps the newest items up to a limit.
type ring[T any] struct {
	limit int
	items []T
	next  int // where the next goes once the limit is reached
}

func (r *ring[T]) add(item T) {
	if len(r.items) < r.limit {
		r.items = append(r.items, item)
		return
	}
	r.items[r.next] = item
	r.next = (r.next + 1) % r.limit
}

// all is a copy of what is kept, oldest first.
func (r *ring[T]) all() []T {
	list := make([]T, 0, len(r.items))
	list = append(list, r.items[r.next:]...)
	return append(list, r.items[:r.next]...)
}

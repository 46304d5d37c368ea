package host

import "butlerd/host/api"

// Work is what the API performs and asks with.
func (h *Host) Work() api.Work { return work{h} }

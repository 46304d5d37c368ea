package store

// HoldRecord is a hold. Key: ID.
type HoldRecord struct {
	ID         string `json:"id"`
	All        bool   `json:"all"`
	Tag        string `json:"tag"`
	ScheduleID string `json:"schedule_id"`
	Reason     string `json:"reason"`
	By         string `json:"by"`
	Since      int64  `json:"since"`
	Until      *int64 `json:"until"`
	Drain      bool   `json:"drain"`
	ReleasedAt *int64 `json:"released_at"`
	ReleasedBy string `json:"released_by"`
}

// SealRecord is the seal of a day. Key: Day.
type SealRecord struct {
	Day      int64  `json:"day"`
	Count    int64  `json:"count"`
	Hash     string `json:"hash"`
	Previous string `json:"previous"`
	SealedAt int64  `json:"sealed_at"`
}

// HoldRecordOf is the row of a hold.
func HoldRecordOf(h Hold) HoldRecord {
	return HoldRecord{
		ID: h.ID, All: h.All, Tag: h.Tag, ScheduleID: h.ScheduleID, Reason: h.Reason, By: h.By,
		Since: h.Since.UnixMicro(), Until: microsOrNull(h.Until), Drain: h.Drain,
		ReleasedAt: microsOrNull(h.ReleasedAt), ReleasedBy: h.ReleasedBy,
	}
}

// Hold is the hold of a row.
func (r HoldRecord) Hold() Hold {
	return Hold{
		ID: r.ID, All: r.All, Tag: r.Tag, ScheduleID: r.ScheduleID, Reason: r.Reason, By: r.By,
		Since: moment(r.Since), Until: momentOrZero(r.Until), Drain: r.Drain,
		ReleasedAt: momentOrZero(r.ReleasedAt), ReleasedBy: r.ReleasedBy,
	}
}

// SealRecordOf is the row of a seal.
func SealRecordOf(s Seal) SealRecord {
	return SealRecord{
		Day: s.Day.UnixMicro(), Count: s.Count, Hash: s.Hash, Previous: s.Previous, SealedAt: s.SealedAt.UnixMicro(),
	}
}

// Seal is the seal of a row.
func (r SealRecord) Seal() Seal {
	return Seal{Day: moment(r.Day), Count: r.Count, Hash: r.Hash, Previous: r.Previous, SealedAt: moment(r.SealedAt)}
}

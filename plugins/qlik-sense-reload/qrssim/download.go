package qrssim

import (
	"net/http"

	"github.com/google/uuid"
)

func logRoutes() []route {
	return []route{
		{http.MethodGet, "/qrs/reloadtask/" + idPart + "/scriptlog", ticketByFile},
		{http.MethodGet, "/qrs/reloadtask/" + idPart + "/scriptlogfile", ticketByResult},
		{http.MethodGet, "/qrs/download/reloadtask/" + idPart + "/" + wordPart, download},
	}
}

// ticketByFile is the older way to a script log.
func ticketByFile(s *site, c *call) answer {
	id, err := uuid.Parse(c.query.Get("filereferenceid"))
	if err != nil {
		return missingValue()
	}
	return ticket(c, s.history.byFile[id])
}

// ticketByResult is the newer way to a script log.
func ticketByResult(s *site, c *call) answer {
	id, err := uuid.Parse(c.query.Get("executionresultid"))
	if err != nil {
		return missingValue()
	}
	return ticket(c, s.history.byID[id])
}

// ticket gives the id under which a script log of the task in the path can be
// downloaded.
func ticket(c *call, r *result) answer {
	if r == nil || r.file == uuid.Nil || r.task.id != c.ids[0] {
		return noItem()
	}
	return wrapped(http.StatusOK, r.ticket())
}

// download sends a script log. The file name in the path is the client's to
// choose.
func download(s *site, c *call) answer {
	r, ok := s.history.byTicket[c.ids[0]]
	if !ok {
		return noItem()
	}
	return answer{status: http.StatusOK, text: r.scriptLog(r.stopAt), contentType: "application/unknown"}
}

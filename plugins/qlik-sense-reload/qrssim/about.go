package qrssim

import "net/http"

type about struct {
	BuildVersion      string `json:"buildVersion"`
	BuildDate         string `json:"buildDate"`
	DatabaseProvider  string `json:"databaseProvider"`
	NodeType          int    `json:"nodeType"` // 1 is the central node
	SharedPersistence bool   `json:"sharedPersistence"`
	RequiresBootstrap bool   `json:"requiresBootstrap"`
	SingleNodeOnly    bool   `json:"singleNodeOnly"`
	SchemaPath        string `json:"schemaPath"`
}

func aboutRoute() route {
	return route{http.MethodGet, "/qrs/about", func(*site, *call) answer {
		return found(about{
			BuildVersion:      "28.0.2.0",
			BuildDate:         "4/26/2021 09:32:09 AM",
			DatabaseProvider:  "Devart.Data.PostgreSql",
			NodeType:          1,
			SharedPersistence: true,
			SchemaPath:        "About",
		})
	}}
}

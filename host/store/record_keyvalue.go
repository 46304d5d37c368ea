package store

// NamespaceRecord is a namespace of the key-value store. Its place in the order of
// making is its place among the records.
type NamespaceRecord struct {
	Name string `json:"name"`
}

// KeyValueRecord is a value. They come by namespace, in the order of these, and in
// the order in which they were put.
type KeyValueRecord struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
	Value     string `json:"value"`
	ExpiresAt *int64 `json:"expires_at"`
}

// KeyValueRecordOf is the row of a value.
func KeyValueRecordOf(v KeyValue) KeyValueRecord {
	return KeyValueRecord{v.Namespace, v.Key, v.Value, microsOrNull(v.ExpiresAt)}
}

// KeyValue is the value of a row.
func (r KeyValueRecord) KeyValue() KeyValue {
	return KeyValue{r.Namespace, r.Key, r.Value, momentOrZero(r.ExpiresAt)}
}

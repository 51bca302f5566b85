package crm

// Actor is who makes a change: the name that metadata, notes and history show.
type Actor string

const (
	// AuthService is ATHS, which registers users (the contract's createdBy).
	AuthService Actor = "auth-service"
	// System is crms itself, moving the figures when orders and complaints
	// change (the contract's lastModifiedBy).
	System Actor = "system"
	// Importer is the operator who imports a file.
	Importer Actor = "import"
)

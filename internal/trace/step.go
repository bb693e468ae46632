package trace

// Step is what a span is of. It is a number, so that no name can be made of data.
type Step int

// The steps.
const (
	stepRequest Step = iota // named by its route
	Job                     // an attempt at durable work
	Task                    // a run of recurring work
	GateAdmit               // a refusal before anything is looked for
	GateCheck
	GateRead
	GateWrite
	GateNote
	AuditWait // until an entry is durable
	StoreView
	StoreUpdate // with the wait for the commit
	BlobOpen
	BlobPut
	BlobRemove
	S3         // one request, until its answer begins
	KeyService // one run of the command that stands for it
)

// describe is a step's name, and on which side of a connection it is.
func (s Step) describe() (string, Kind) {
	switch s {
	case stepRequest:
		return "request", Server
	case Job:
		return "job", Internal
	case Task:
		return "task", Internal
	case GateAdmit:
		return "gate.admit", Internal
	case GateCheck:
		return "gate.check", Internal
	case GateRead:
		return "gate.read", Internal
	case GateWrite:
		return "gate.write", Internal
	case GateNote:
		return "gate.note", Internal
	case AuditWait:
		return "audit.wait", Internal
	case StoreView:
		return "store.view", Internal
	case StoreUpdate:
		return "store.update", Internal
	case BlobOpen:
		return "blob.open", Internal
	case BlobPut:
		return "blob.put", Internal
	case BlobRemove:
		return "blob.remove", Internal
	case S3:
		return "s3", Client
	case KeyService:
		return "key_service", Client
	}
	return "step", Internal
}

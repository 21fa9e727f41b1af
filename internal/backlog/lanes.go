package backlog

// lanes are the lanes that have entries queued or taken, by number and by name;
// those that ask to be read on are a list, the first to ask first.
type lanes struct {
	slab        slab[lane]
	byName      map[string]uint32
	first, last uint32 // that ask: number and one; 0 = none
}

type lane struct {
	name        string
	first, last uint32 // entries: number and one; 0 = none
	taken       uint32 // and not released
	next        uint32 // of those that ask
	asks        bool
}

func (l *lanes) at(no uint32) *lane { return l.slab.at(no) }

// find is a lane that has entries, or nil.
func (l *lanes) find(name string) *lane {
	if no, ok := l.byName[name]; ok {
		return l.at(no)
	}
	return nil
}

// open is a lane, made if it is not there.
func (l *lanes) open(name string) (no uint32, ln *lane) {
	no, ok := l.byName[name]
	if !ok {
		if l.byName == nil {
			l.byName = map[string]uint32{}
		}
		no = l.slab.take()
		l.at(no).name, l.byName[name] = name, no
	}
	return no, l.at(no)
}

// close forgets a lane that has no entries, and so does not ask.
func (l *lanes) close(no uint32) {
	delete(l.byName, l.at(no).name)
	l.slab.free(no)
	if l.slab.live == 0 {
		l.byName = nil // a map does not shrink
	}
}

// ask puts a lane at the end of those that ask.
func (l *lanes) ask(name string) {
	no := l.byName[name]
	if l.last == 0 {
		l.first = no + 1
	} else {
		l.at(l.last - 1).next = no + 1
	}
	l.last = no + 1
	l.at(no).asks = true
}

// next takes the first of those that ask out.
func (l *lanes) next() (name string, ok bool) {
	if l.first == 0 {
		return "", false
	}
	ln := l.at(l.first - 1)
	if l.first = ln.next; l.first == 0 {
		l.last = 0
	}
	ln.next, ln.asks = 0, false
	return ln.name, true
}

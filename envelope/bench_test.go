package envelope

import (
	"strings"
	"testing"
)

// A message as workers send them: some 370 bytes.
func benchMessage() *Outbound {
	return &Outbound{
		Type: TypeMessage, ChannelID: "C0123456789", MessageKey: "01J9Z3K4M5N6P7Q8R9S0T1U2V3", ReplyTo: "17263812312.1231",
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", ReceiptTo: "postern:reply:w1", Text: strings.Repeat("hello ", 30),
	}
}

func BenchmarkDecodeOutbound(b *testing.B) {
	for _, enc := range []Encoding{MessagePack, JSON} {
		b.Run(enc.String(), func(b *testing.B) {
			data := encoded(b, benchMessage(), enc)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, fault := DecodeOutbound(data, DefaultLimits()); fault != nil {
					b.Fatal(fault)
				}
			}
		})
	}
}

func BenchmarkEncodeOutbound(b *testing.B) {
	for _, enc := range []Encoding{MessagePack, JSON} {
		b.Run(enc.String(), func(b *testing.B) {
			o := benchMessage()
			b.ReportAllocs()
			for b.Loop() {
				encoded(b, o, enc)
			}
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	o := benchMessage()
	b.ReportAllocs()
	for b.Loop() {
		o.Digest()
	}
}

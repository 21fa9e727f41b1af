package bot

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// picture draws a door in a wall at night, as a PNG of some 20 KB.
func picture() ([]byte, error) {
	const width, height = 480, 270
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, night(float64(x), float64(y)))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("drawing: %w", err)
	}
	return out.Bytes(), nil
}

// night is the colour of one point.
func night(x, y float64) color.RGBA {
	const (
		wall         = 110.0 // the wall's top
		left, right  = 200.0, 280.0
		spring, foot = 160.0, 250.0 // of the door's arch
	)
	middle, radius := (left+right)/2, (right-left)/2
	glow := math.Exp(-math.Hypot(x-middle, (y-200)*0.9) / 90)
	inArch := y < spring && math.Hypot(x-middle, y-spring) < radius
	inDoor := y >= spring && y < foot && x >= left && x < right
	switch {
	case inArch || inDoor:
		return blend(color.RGBA{120, 70, 20, 255}, color.RGBA{255, 214, 130, 255}, 0.35+0.65*glow)
	case y > foot:
		return blend(color.RGBA{16, 20, 26, 255}, color.RGBA{190, 140, 70, 255}, glow)
	case y > wall || y > wall-16 && math.Mod(x, 48) < 26: // battlements
		row := math.Floor(y / 18)
		joint := math.Mod(y, 18) < 1.5 || math.Mod(x+math.Mod(row, 2)*22, 44) < 1.5
		stone := color.RGBA{52, 62, 72, 255}
		if joint {
			stone = color.RGBA{38, 46, 55, 255}
		}
		return blend(stone, color.RGBA{214, 160, 84, 255}, 0.8*glow)
	case math.Hypot(x-390, y-52) < 22:
		return color.RGBA{238, 233, 214, 255} // the moon
	}
	return blend(color.RGBA{14, 20, 38, 255}, color.RGBA{38, 58, 92, 255}, y/wall)
}

// blend goes from a to b as t goes from 0 to 1.
func blend(a, b color.RGBA, t float64) color.RGBA {
	t = math.Min(math.Max(t, 0), 1)
	mix := func(p, q uint8) uint8 { return uint8(float64(p) + (float64(q)-float64(p))*t) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

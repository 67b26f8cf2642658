// A grid of small square images, crisp at any zoom: each is a layer of a texture array.

struct Grid {
    // Pixels: size of the viewport, and where the first image begins in it.
    screen: vec2f,
    origin: vec2f,
    // Pixels to a texel, and between two images.
    scale: f32,
    gap: f32,
    // Texels to a side, and images in a row.
    side: u32,
    columns: u32,
    // The image that is framed; none if there are fewer.
    selected: u32,
    // Whether the target expects linear light.
    linear: u32,
    padding: vec2u,
    frame: vec4f,
}

@group(0) @binding(0) var<uniform> grid: Grid;
@group(0) @binding(1) var images: texture_2d_array<f32>;

struct Corner {
    @builtin(position) position: vec4f,
    // Texels from the image's upper left corner.
    @location(0) texel: vec2f,
    @location(1) @interpolate(flat) image: u32,
}

@vertex
fn corner(@builtin(vertex_index) index: u32, @builtin(instance_index) image: u32) -> Corner {
    let unit = vec2f(f32(index & 1u), f32(index >> 1u));
    let side = f32(grid.side);
    let place = vec2f(f32(image % grid.columns), f32(image / grid.columns));
    let pixel = grid.origin + place * (side * grid.scale + grid.gap) + unit * side * grid.scale;
    let ndc = pixel / grid.screen * 2.0 - 1.0;
    var out: Corner;
    out.position = vec4f(ndc.x, -ndc.y, 0.0, 1.0);
    out.texel = unit * side;
    out.image = image;
    return out;
}

fn load(image: u32, at: vec2i) -> vec3f {
    let last = i32(grid.side) - 1;
    return textureLoad(images, clamp(at, vec2i(0), vec2i(last)), image, 0).rgb;
}

fn to_linear(gamma: vec3f) -> vec3f {
    let low = gamma / 12.92;
    let high = pow((gamma + 0.055) / 1.055, vec3f(2.4));
    return select(high, low, gamma < vec3f(0.04045));
}

@fragment
fn shade(in: Corner) -> @location(0) vec4f {
    var color: vec3f;
    let pixels = in.texel * grid.scale;
    let whole = f32(grid.side) * grid.scale;
    let border = min(min(pixels.x, pixels.y), min(whole - pixels.x, whole - pixels.y));
    if in.image == grid.selected && border < 2.5 {
        color = grid.frame.rgb;
    } else if grid.scale >= 1.0 {
        // Flat texels whose seams are blended over one pixel, wherever they fall.
        let seam = floor(in.texel + 0.5);
        let near = seam + clamp((in.texel - seam) * grid.scale, vec2f(-0.5), vec2f(0.5));
        let at = near - 0.5;
        let low = vec2i(floor(at));
        let share = at - floor(at);
        let top = mix(load(in.image, low), load(in.image, low + vec2i(1, 0)), share.x);
        let bottom = mix(load(in.image, low + vec2i(0, 1)), load(in.image, low + vec2i(1, 1)), share.x);
        color = mix(top, bottom, share.y);
    } else {
        // The mean of the texels under the pixel.
        let reach = 0.5 / grid.scale;
        let first = vec2i(floor(in.texel - reach));
        let last = min(vec2i(floor(in.texel + reach)), first + 7);
        var sum = vec3f(0.0);
        var count = 0.0;
        for (var y = first.y; y <= last.y; y++) {
            for (var x = first.x; x <= last.x; x++) {
                sum += load(in.image, vec2i(x, y));
                count += 1.0;
            }
        }
        color = sum / count;
    }
    if grid.linear != 0u {
        color = to_linear(color);
    }
    return vec4f(color, 1.0);
}

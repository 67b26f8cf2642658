//! Draws grids of images on the GPU: `shaders/image_grid.wgsl` through an egui paint callback.
//!
//! The images of a grid are the layers of one texture array, uploaded once for each set of images. A
//! frame writes 64 bytes for each grid and draws four corners for each image.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{self, Color32, Rect, Vec2};
use eframe::egui_wgpu::{self, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};

use crate::export::Tiles;

/// Sets of images that stay on the GPU when they are not shown.
const KEPT: usize = 32;
/// Places of one set that are kept: more than a screen has, for all of a frame have to be there at once.
const PLACES: usize = 16;
/// The share of their size that images give at most for rows that are all full.
const FULL_ROWS: f32 = 0.6;
/// Bytes of the uniform `Grid` in the shader.
const UNIFORM: u64 = 64;

/// The placement of a grid in its rectangle, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Images in a row.
    pub columns: usize,
    /// The first image's upper left corner, from that of the rectangle.
    pub origin: Vec2,
    /// Points to a texel.
    pub scale: f32,
    /// Points between two images.
    pub gap: f32,
}

impl Placement {
    /// A placement of `count` images of `side` texels in `size`, centred: the largest one whose rows are all full, or
    /// the largest of all where full rows would cost too much of it.
    pub fn fit(count: usize, side: usize, size: Vec2, gap: f32) -> Self {
        let (count, side) = (count.max(1), side.max(1) as f32);
        let scale = |columns: usize| {
            let rows = count.div_ceil(columns);
            let room = |extent: f32, images: usize| (extent - gap * (images - 1) as f32) / images as f32;
            room(size.x, columns).min(room(size.y, rows)) / side
        };
        let largest = |columns: &mut dyn Iterator<Item = usize>| {
            columns.max_by(|&a, &b| scale(a).total_cmp(&scale(b))).unwrap_or(1)
        };
        let any = largest(&mut (1..=count));
        let full = largest(&mut (1..=count).filter(|&columns| count.is_multiple_of(columns)));
        let columns = if scale(full) >= FULL_ROWS * scale(any) { full } else { any };
        let scale = scale(columns).max(0.05);
        let extent = |images: usize| images as f32 * (side * scale + gap) - gap;
        let taken = Vec2::new(extent(columns), extent(count.div_ceil(columns)));
        Self { columns, origin: (size - taken).max(Vec2::ZERO) / 2.0, scale, gap }
    }

    /// The rectangle of the image `index`, from the rectangle's upper left corner.
    pub fn image(&self, index: usize, side: usize) -> Rect {
        let extent = side as f32 * self.scale;
        let place = Vec2::new((index % self.columns) as f32, (index / self.columns) as f32);
        let corner = self.origin + place * (extent + self.gap);
        Rect::from_min_size(corner.to_pos2(), Vec2::splat(extent))
    }

    /// The image under a point, from the rectangle's upper left corner.
    pub fn hit(&self, point: Vec2, count: usize, side: usize) -> Option<usize> {
        (0..count).find(|&index| self.image(index, side).contains(point.to_pos2()))
    }
}

/// What makes grids on the GPU that the window is drawn with.
pub fn prepare(state: &RenderState) {
    let device = &state.device;
    let shader = device.create_shader_module(wgpu::include_wgsl!("../../../shaders/image_grid.wgsl"));
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
        ty,
        count: None,
    };
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("image grid"),
        entries: &[
            entry(
                0,
                wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: wgpu::BufferSize::new(UNIFORM),
                },
            ),
            entry(
                1,
                wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: false },
                    view_dimension: wgpu::TextureViewDimension::D2Array,
                    multisampled: false,
                },
            ),
        ],
    });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("image grid"),
        bind_group_layouts: &[Some(&layout)],
        ..Default::default()
    });
    let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("image grid"),
        layout: Some(&pipeline_layout),
        vertex: wgpu::VertexState {
            module: &shader,
            entry_point: Some("corner"),
            compilation_options: Default::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..Default::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &shader,
            entry_point: Some("shade"),
            compilation_options: Default::default(),
            targets: &[Some(state.target_format.into())],
        }),
        multiview_mask: None,
        cache: None,
    });
    let painter =
        Painter { pipeline, layout, linear: state.target_format.is_srgb(), sets: HashMap::new(), frame: 0 };
    state.renderer.write().callback_resources.insert(painter);
}

/// Draws `tiles` in `rect`.
pub fn paint(
    ui: &egui::Ui,
    rect: Rect,
    tiles: &Arc<Tiles>,
    place: Placement,
    framed: Option<(usize, Color32)>,
) {
    let points = ui.ctx().pixels_per_point();
    let grid = GridCallback { tiles: tiles.clone(), place, framed, rect, points };
    ui.painter().add(egui_wgpu::Callback::new_paint_callback(rect, grid));
}

struct Painter {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    linear: bool,
    /// By the address of the tiles, which the set keeps alive.
    sets: HashMap<usize, Set>,
    frame: u64,
}

struct Set {
    /// So that no other tiles come to lie at its address.
    _tiles: Arc<Tiles>,
    view: wgpu::TextureView,
    /// By the rectangle: a frame of an animation is drawn large and in the strip of frames at the same time.
    places: HashMap<Corners, PlaceBinding>,
    used: u64,
}

/// A rectangle's corners, as the bits of their numbers.
type Corners = [u32; 4];

struct PlaceBinding {
    uniform: wgpu::Buffer,
    group: wgpu::BindGroup,
    used: u64,
}

struct GridCallback {
    tiles: Arc<Tiles>,
    place: Placement,
    framed: Option<(usize, Color32)>,
    rect: Rect,
    points: f32,
}

impl GridCallback {
    fn key(&self) -> usize {
        Arc::as_ptr(&self.tiles) as usize
    }

    fn corners(&self) -> Corners {
        let Rect { min, max } = self.rect;
        [min.x, min.y, max.x, max.y].map(f32::to_bits)
    }

    /// The uniform `Grid` in the shader.
    fn uniform(&self, linear: bool) -> Vec<u8> {
        let float = |value: f32| value.to_ne_bytes();
        let pixels = |points: f32| float(points * self.points);
        let (selected, frame) = self.framed.unwrap_or((usize::MAX, Color32::BLACK));
        let [r, g, b, a] = egui::Rgba::from(frame).to_array();
        // As the images' bytes: in gamma.
        let shade = |linear: f32| float(egui::ecolor::gamma_from_linear(linear));
        [
            pixels(self.rect.width()),
            pixels(self.rect.height()),
            pixels(self.place.origin.x),
            pixels(self.place.origin.y),
            pixels(self.place.scale),
            pixels(self.place.gap),
            (self.tiles.side() as u32).to_ne_bytes(),
            (self.place.columns as u32).to_ne_bytes(),
            u32::try_from(selected).unwrap_or(u32::MAX).to_ne_bytes(),
            u32::from(linear).to_ne_bytes(),
            [0; 4],
            [0; 4],
            shade(r),
            shade(g),
            shade(b),
            float(a),
        ]
        .concat()
    }
}

impl CallbackTrait for GridCallback {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let Some(painter) = resources.get_mut::<Painter>() else {
            return Vec::new();
        };
        painter.frame += 1;
        let Painter { layout, sets, frame, linear, .. } = painter;
        let set = sets.entry(self.key()).or_insert_with(|| upload(device, queue, &self.tiles));
        set.used = *frame;
        let Set { view, places, .. } = set;
        let place = places.entry(self.corners()).or_insert_with(|| bind(device, layout, view));
        place.used = *frame;
        queue.write_buffer(&place.uniform, 0, &self.uniform(*linear));
        while places.len() > PLACES {
            let oldest = places.iter().min_by_key(|(_, place)| place.used).map(|(&corners, _)| corners);
            oldest.map(|corners| places.remove(&corners));
        }
        while sets.len() > KEPT {
            let oldest = sets.iter().min_by_key(|(_, set)| set.used).map(|(&key, _)| key);
            oldest.map(|key| sets.remove(&key));
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        let Some(painter) = resources.get::<Painter>() else {
            return;
        };
        let place = painter.sets.get(&self.key()).and_then(|set| set.places.get(&self.corners()));
        let Some(place) = place else {
            return;
        };
        pass.set_pipeline(&painter.pipeline);
        pass.set_bind_group(0, &place.group, &[]);
        pass.draw(0..4, 0..self.tiles.count() as u32);
    }
}

fn upload(device: &wgpu::Device, queue: &wgpu::Queue, tiles: &Arc<Tiles>) -> Set {
    let side = tiles.side() as u32;
    let size = wgpu::Extent3d { width: side, height: side, depth_or_array_layers: tiles.count() as u32 };
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("image grid"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let rows =
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * side), rows_per_image: Some(side) };
    queue.write_texture(texture.as_image_copy(), tiles.rgba(), rows, size);
    let view = texture.create_view(&wgpu::TextureViewDescriptor {
        dimension: Some(wgpu::TextureViewDimension::D2Array),
        ..Default::default()
    });
    Set { _tiles: tiles.clone(), view, places: HashMap::new(), used: 0 }
}

fn bind(device: &wgpu::Device, layout: &wgpu::BindGroupLayout, view: &wgpu::TextureView) -> PlaceBinding {
    let uniform = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("image grid"),
        size: UNIFORM,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("image grid"),
        layout,
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() },
            wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(view) },
        ],
    });
    PlaceBinding { uniform, group, used: 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_fitted_grid_lies_inside_and_every_image_is_hit_at_its_middle(
            count in 1..200usize, side in 8..64usize, width in 100.0..2000.0f32, height in 100.0..2000.0f32,
        ) {
            let size = Vec2::new(width, height);
            let place = Placement::fit(count, side, size, 2.0);
            let whole = Rect::from_min_size(egui::Pos2::ZERO, size).expand(0.5);
            for index in 0..count {
                let image = place.image(index, side);
                prop_assert!(place.scale <= 0.05 || whole.contains_rect(image), "{image:?} in {size:?}");
                prop_assert_eq!(place.hit(image.center().to_vec2(), count, side), Some(index));
            }
        }
    }

    #[test]
    fn a_square_takes_a_square_grid() {
        let place = Placement::fit(64, 16, Vec2::splat(800.0), 2.0);
        assert_eq!(place.columns, 8);
        assert!(place.hit(Vec2::new(-1.0, -1.0), 64, 16).is_none());
    }

    #[test]
    fn rows_are_full_where_that_costs_little() {
        let columns = |count, width, height| Placement::fit(count, 16, Vec2::new(width, height), 2.0).columns;
        assert_eq!(columns(64, 560.0, 300.0), 8, "8 rows of 8 instead of 6 of 11, the last of 9");
        assert_eq!(columns(64, 500.0, 400.0), 8);
        assert_eq!(columns(7, 300.0, 300.0), 3, "one row of 7 would be too small");
    }

    #[test]
    fn the_uniform_is_as_long_as_the_shaders() {
        let tiles = Arc::new(Tiles::new(1, vec![0; 4]).unwrap());
        let place = Placement::fit(1, 1, Vec2::splat(9.0), 0.0);
        let rect = Rect::from_min_size(egui::Pos2::ZERO, Vec2::splat(9.0));
        let grid = GridCallback { tiles, place, framed: None, rect, points: 1.0 };
        assert_eq!(grid.uniform(false).len() as u64, UNIFORM);
    }
}

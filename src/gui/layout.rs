//! The arrangement of a run's panels, which the user changes and the window remembers.

use std::collections::BTreeSet;

use eframe::egui;
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

use super::panels::{PanelId, PanelPlace};

/// The arrangement of the panels.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PanelLayout {
    tree: Tree<PanelId>,
}

impl Default for PanelLayout {
    /// Pictures and curves above, what is searched below.
    fn default() -> Self {
        let mut tiles = Tiles::default();
        let mut tabs = |place: PanelPlace| {
            let panels = PanelId::all().filter(|panel| panel.place() == place);
            let panes = panels.map(|panel| tiles.insert_pane(panel)).collect();
            tiles.insert_tab_tile(panes)
        };
        let above = [PanelPlace::AboveLeft, PanelPlace::AboveRight].map(&mut tabs);
        let below = [PanelPlace::BelowLeft, PanelPlace::BelowMiddle, PanelPlace::BelowRight].map(&mut tabs);
        let row = |children: Vec<TileId>, shares: &[f32]| {
            let mut row = Linear::new(LinearDir::Horizontal, children.clone());
            for (child, share) in children.into_iter().zip(shares) {
                row.shares.set_share(child, *share);
            }
            Container::Linear(row)
        };
        let above = tiles.insert_container(row(above.to_vec(), &[0.9, 1.1]));
        let below = tiles.insert_container(row(below.to_vec(), &[1.3, 1.0, 0.7]));
        let mut whole = Linear::new(LinearDir::Vertical, vec![above, below]);
        whole.shares.set_share(above, 1.15);
        let root = tiles.insert_container(Container::Linear(whole));
        Self { tree: Tree::new(egui::Id::unique("panels"), root, tiles) }
    }
}

impl std::fmt::Debug for PanelLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PanelLayout({:?})", self.open())
    }
}

impl PanelLayout {
    /// The tree for drawing.
    pub fn tree(&mut self) -> &mut Tree<PanelId> {
        &mut self.tree
    }

    /// Panels that are open.
    pub fn open(&self) -> BTreeSet<PanelId> {
        let tiles = &self.tree.tiles;
        self.panes().filter(|(tile, _)| tiles.is_visible(*tile)).map(|(_, panel)| panel).collect()
    }

    /// Panels that have a place, open or closed.
    fn panes(&self) -> impl Iterator<Item = (TileId, PanelId)> {
        self.tree.tiles.iter().filter_map(|(tile, content)| match content {
            Tile::Pane(panel) => Some((*tile, *panel)),
            Tile::Container(_) => None,
        })
    }

    /// Opens a panel where it was, or brings it to the front where it is open.
    pub fn show(&mut self, panel: PanelId) {
        let tile = self.tree.tiles.find_pane(&panel).unwrap_or_else(|| self.place(panel));
        self.tree.set_visible(tile, true);
        self.tree.make_active(|_, other| *other == Tile::Pane(panel));
    }

    /// Gives a panel that has no place one: beside those that share its place in a new layout, else at the right.
    fn place(&mut self, panel: PanelId) -> TileId {
        let kin = self.panes().find(|(_, other)| other.place() == panel.place()).map(|(tile, _)| tile);
        let tabs = kin.and_then(|tile| self.tree.tiles.parent_of(tile));
        let pane = self.tree.tiles.insert_pane(panel);
        if let Some(Tile::Container(Container::Tabs(tabs))) =
            tabs.and_then(|tabs| self.tree.tiles.get_mut(tabs))
        {
            tabs.add_child(pane);
            return pane;
        }
        let tab = self.tree.tiles.insert_tab_tile(vec![pane]);
        let root = self.tree.root.map(|root| {
            let whole = Linear::new(LinearDir::Horizontal, vec![root, tab]);
            self.tree.tiles.insert_container(Container::Linear(whole))
        });
        self.tree.root = root.or(Some(tab));
        pane
    }

    /// Closes a panel, which keeps its place.
    pub fn close(&mut self, panel: PanelId) {
        if let Some(tile) = self.tree.tiles.find_pane(&panel) {
            self.tree.set_visible(tile, false);
        }
    }

    /// The layout itself if it can be drawn, else the default one: a file may hold anything.
    pub fn mended(self) -> Self {
        let panes = self.panes().count();
        let distinct: BTreeSet<PanelId> = self.panes().map(|(_, panel)| panel).collect();
        let rooted = self.tree.root.is_some_and(|root| self.tree.tiles.get(root).is_some());
        let whole = self.tree.tiles.tile_ids().all(|tile| {
            let children: Vec<TileId> = match self.tree.tiles.get(tile) {
                Some(Tile::Container(container)) => container.children().copied().collect(),
                _ => Vec::new(),
            };
            children.iter().all(|&child| self.tree.tiles.get(child).is_some() && child != tile)
        });
        let id = self.tree.id() == egui::Id::unique("panels");
        if panes == distinct.len() && (rooted || panes == 0) && whole && id { self } else { Self::default() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_panel_is_open_at_first_and_can_be_closed_and_opened() {
        let mut layout = PanelLayout::default();
        assert_eq!(layout.open(), PanelId::all().collect());
        for panel in PanelId::all() {
            layout.close(panel);
            assert!(!layout.open().contains(&panel));
        }
        for panel in PanelId::all() {
            layout.show(panel);
            layout.show(panel);
        }
        assert_eq!(layout.open().len(), PanelId::all().count());
        assert_eq!(layout.clone().mended(), layout);
    }

    #[test]
    fn a_layout_survives_and_a_broken_one_is_the_default() {
        let mut layout = PanelLayout::default();
        layout.close(PanelId::try_from("log".to_owned()).unwrap());
        let text = serde_json::to_string(&layout).unwrap();
        assert_eq!(serde_json::from_str::<PanelLayout>(&text).unwrap().mended(), layout);
        let twice = text.replace("\"curves\"", "\"samples\"");
        assert_ne!(twice, text);
        assert_eq!(serde_json::from_str::<PanelLayout>(&twice).unwrap().mended(), PanelLayout::default());
    }
}

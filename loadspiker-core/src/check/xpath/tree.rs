//! [`Node`]: a node of a document as XPath sees it (XPath 1.0, §5), over `roxmltree`.

use std::borrow::Cow;
use std::cmp::Ordering;

use roxmltree::{Document, NodeType};
use xpath_eval::{ExpandedName, NodeKind};

type Inner<'a, 'i> = roxmltree::Node<'a, 'i>;

/// A node. Attributes and namespaces are nodes to XPath, and none to `roxmltree`: they are numbers at their element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node<'a, 'i> {
    Tree(Inner<'a, 'i>),
    Attribute(Inner<'a, 'i>, usize),
    Namespace(Inner<'a, 'i>, usize),
}

impl<'a, 'i> Node<'a, 'i> {
    pub(super) fn root(document: &'a Document<'i>) -> Self {
        Node::Tree(document.root())
    }

    /// Its text: of an element, that of all in it.
    pub(super) fn text(self) -> Cow<'a, str> {
        match self {
            Node::Attribute(owner, index) => {
                Cow::Borrowed(owner.attributes().nth(index).map_or("", |attribute| attribute.value()))
            }
            Node::Namespace(owner, index) => {
                let namespace = owner.namespaces().nth(index);
                Cow::Owned(namespace.map_or_else(String::new, |namespace| namespace.uri().to_owned()))
            }
            Node::Tree(node) => match node.node_type() {
                NodeType::Text | NodeType::Comment => Cow::Borrowed(node.text().unwrap_or_default()),
                NodeType::PI => Cow::Borrowed(node.pi().and_then(|pi| pi.value).unwrap_or_default()),
                NodeType::Root | NodeType::Element => {
                    let mut texts = node.descendants().filter(Inner::is_text).filter_map(|node| node.text());
                    let first = texts.next().unwrap_or_default();
                    match texts.next() {
                        None => Cow::Borrowed(first),
                        Some(second) => {
                            let mut all = first.to_owned() + second;
                            all.extend(texts);
                            Cow::Owned(all)
                        }
                    }
                }
            },
        }
    }

    /// Where it stands: its element or itself, then namespaces before attributes, both before what is in the element.
    fn position(self) -> (u32, u8, usize) {
        match self {
            Node::Tree(node) => (node.id().get(), 0, 0),
            Node::Namespace(owner, index) => (owner.id().get(), 1, index),
            Node::Attribute(owner, index) => (owner.id().get(), 2, index),
        }
    }

    fn name(self) -> Option<(Option<&'a str>, Cow<'a, str>)> {
        match self {
            Node::Tree(node) if node.is_element() => {
                Some((node.tag_name().namespace(), Cow::Borrowed(node.tag_name().name())))
            }
            Node::Tree(node) => node.pi().map(|pi| (None, Cow::Borrowed(pi.target))),
            Node::Attribute(owner, index) => {
                let attribute = owner.attributes().nth(index)?;
                Some((attribute.namespace(), Cow::Borrowed(attribute.name())))
            }
            Node::Namespace(owner, index) => {
                let namespace = owner.namespaces().nth(index)?;
                Some((None, Cow::Borrowed(namespace.name().unwrap_or_default())))
            }
        }
    }

    fn element(self) -> Option<Inner<'a, 'i>> {
        match self {
            Node::Tree(node) if node.is_element() => Some(node),
            _ => None,
        }
    }
}

impl<'a, 'i: 'a> xpath_eval::Node<'a> for Node<'a, 'i> {
    fn kind(self) -> NodeKind {
        match self {
            Node::Attribute(..) => NodeKind::Attribute,
            Node::Namespace(..) => NodeKind::Namespace,
            Node::Tree(node) => match node.node_type() {
                NodeType::Root => NodeKind::Root,
                NodeType::Element => NodeKind::Element,
                NodeType::PI => NodeKind::ProcessingInstruction,
                NodeType::Comment => NodeKind::Comment,
                NodeType::Text => NodeKind::Text,
            },
        }
    }

    fn parent(self) -> Option<Self> {
        match self {
            Node::Tree(node) => node.parent().map(Node::Tree),
            Node::Attribute(owner, _) | Node::Namespace(owner, _) => Some(Node::Tree(owner)),
        }
    }

    fn children(self) -> impl Iterator<Item = Self> + 'a {
        let node = match self {
            Node::Tree(node) => Some(node),
            Node::Attribute(..) | Node::Namespace(..) => None,
        };
        node.into_iter().flat_map(|node| node.children()).map(Node::Tree)
    }

    fn attributes(self) -> impl Iterator<Item = Self> + 'a {
        let element = self.element();
        element.into_iter().flat_map(|owner| (0..owner.attributes().len()).map(move |i| Node::Attribute(owner, i)))
    }

    fn namespaces(self) -> impl Iterator<Item = Self> + 'a {
        let element = self.element();
        element.into_iter().flat_map(|owner| (0..owner.namespaces().len()).map(move |i| Node::Namespace(owner, i)))
    }

    fn expanded_name(self) -> Option<ExpandedName> {
        let (namespace, local) = self.name()?;
        Some(ExpandedName { namespace_uri: namespace.map(str::to_owned), local_name: local.into_owned() })
    }

    fn string_value(self) -> String {
        self.text().into_owned()
    }

    fn document_order(self, other: Self) -> Ordering {
        self.position().cmp(&other.position())
    }

    fn has_expanded_name(self, namespace_uri: Option<&str>, local_name: &str) -> bool {
        self.name().is_some_and(|(namespace, local)| local == local_name && namespace == namespace_uri)
    }

    fn with_string_value<R>(self, f: impl FnOnce(&str) -> R) -> R {
        f(&self.text())
    }

    fn is_id_attribute(self) -> bool {
        // Without a document type that says so, `id` is what XHTML and `xml:id` have it.
        matches!(self, Node::Attribute(..)) && self.name().is_some_and(|(_, local)| local == "id")
    }
}

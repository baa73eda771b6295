#include "config/yaml_document.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>
// After yaml.h, on whose declarations it leans.
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "platform/log.h"

namespace config {
namespace {

using policy::ErrorCode;
using policy::Result;

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kNodesMax = 100'000;

std::size_t FromOne(int zero_based) {
  return static_cast<std::size_t>(std::max(zero_based, 0)) + 1;
}

[[noreturn]] void Refuse(const YAML::Mark& mark, const std::string& reason) {
  throw YAML::ParserException(mark, reason);
}

// Builds our tree from yaml-cpp's events rather than from its own nodes, which forget duplicate
// keys and expand aliases.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::deque<NodeData>& nodes) : nodes_(nodes) {}

  const NodeData* root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*name) are not supported; write the value out");
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Place(Make(NodeData::Kind::null, mark, "", anchor), mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    NodeData& node = Make(NodeData::Kind::scalar, mark, tag, anchor);
    node.scalar = value;
    Place(node, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Make(NodeData::Kind::list, mark, tag, anchor), mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Make(NodeData::Kind::map, mark, tag, anchor), mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Level {
    NodeData* node;
    bool has_key = false;  // of a map: the next event is that key's value
  };

  NodeData& Make(NodeData::Kind kind, const YAML::Mark& mark, const std::string& tag,
                 YAML::anchor_t anchor) {
    if (anchor != 0) Refuse(mark, "anchors (&name) are not supported");
    // yaml-cpp says "?" of plain and "!" of quoted values that have no tag.
    if (!tag.empty() && tag != "?" && tag != "!") Refuse(mark, "tags (!name) are not supported");
    if (nodes_.size() == kNodesMax) Refuse(mark, "the file has more than 100000 values");
    NodeData& node = nodes_.emplace_back();
    node.kind = kind;
    node.line = FromOne(mark.line);
    node.column = FromOne(mark.column);
    return node;
  }

  void Open(NodeData& node, const YAML::Mark& mark) {
    if (open_.size() == kDepthMax) Refuse(mark, "nested deeper than 32 levels");
    Place(node, mark);
    open_.push_back({&node});
  }

  void Place(NodeData& node, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = &node;
      return;
    }
    Level& level = open_.back();
    if (level.node->kind == NodeData::Kind::list) {
      level.node->items.push_back(&node);
    } else if (level.has_key) {
      NodeData::Entry& entry = level.node->entries.back();
      entry.value = &node;
      if (node.kind == NodeData::Kind::null) {
        // yaml-cpp puts an absent value where the next key begins.
        node.line = entry.line;
        node.column = entry.column;
      }
      level.has_key = false;
    } else {
      AddKey(level, node, mark);
    }
  }

  void AddKey(Level& level, const NodeData& key, const YAML::Mark& mark) {
    if (key.kind != NodeData::Kind::scalar) Refuse(mark, "a key must be a plain word");
    auto& keys = keys_[level.node];
    const auto [first, added] = keys.emplace(key.scalar, key.line);
    if (!added) {
      Refuse(mark, fmt::format("key \"{}\" is here twice; first on line {}",
                               platform::EscapeForLog(key.scalar), first->second));
    }
    level.node->entries.push_back({key.scalar, key.line, key.column, nullptr});
    level.has_key = true;
  }

  std::deque<NodeData>& nodes_;
  const NodeData* root_ = nullptr;
  std::vector<Level> open_;
  std::map<const NodeData*, std::map<std::string, std::size_t>> keys_;
};

Result<void> FailAt(const DocumentState& document, const YAML::Mark& mark,
                    std::string_view reason) {
  return policy::Fail(ErrorCode::malformed_input,
                      fmt::format("{}:{}:{}: {}", document.file.string(), FromOne(mark.line),
                                  FromOne(mark.column), reason));
}

}  // namespace

Result<void> ReadTree(std::string_view text, DocumentState& document) {
  // yaml-cpp 0.7 accepts a quoted text that never ends, if a line end is the last it sees; so the
  // last it sees is a comment.
  std::istringstream stream{std::string(text) + "\n#"};
  try {
    YAML::Parser parser(stream);
    TreeBuilder builder(document.nodes);
    const bool found = parser.HandleNextDocument(builder);
    if (found && builder.root() != nullptr && builder.root()->kind != NodeData::Kind::null) {
      document.root = builder.root();
      TreeBuilder second(document.nodes);
      if (parser.HandleNextDocument(second)) {
        return FailAt(document, {}, "holds several documents (---); one is allowed");
      }
      return {};
    }
  } catch (const YAML::Exception& error) {
    return FailAt(document, error.mark, error.msg);
  } catch (const std::exception& error) {
    return FailAt(document, {}, error.what());
  }
  // An empty file is an empty map, so that what it lacks is reported.
  NodeData& empty = document.nodes.emplace_back();
  empty.kind = NodeData::Kind::map;
  document.root = &empty;
  return {};
}

}  // namespace config

#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"
#include "policy/result.h"

namespace config {

// What a Node of yaml.h stands for. Only for the .cc files of this folder.

struct NodeData {
  enum class Kind { null, scalar, list, map };

  struct Entry {
    std::string key;
    std::size_t line;
    std::size_t column;
    const NodeData* value;
  };

  Kind kind = Kind::null;
  std::size_t line = 1;  // line and column count from 1
  std::size_t column = 1;
  std::string scalar;
  std::vector<const NodeData*> items;  // of a list
  std::vector<Entry> entries;          // of a map, in the file's order, keys differ
};

struct DocumentState {
  std::filesystem::path file;
  Environment environment;
  std::deque<NodeData> nodes;  // a deque, since the tree points into it
  const NodeData* root = nullptr;
  Errors errors;
  std::map<const NodeData*, std::set<std::string, std::less<>>> asked;  // keys, present or not
};

// Fills `nodes` and `root` from the text. Fails with `malformed_input` at the first thing that
// YAML, or our subset of it, does not allow.
policy::Result<void> ReadTree(std::string_view text, DocumentState& document);

}  // namespace config

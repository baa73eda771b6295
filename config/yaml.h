#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/result.h"

namespace config {

// Reads YAML settings. Nothing is guessed, and every error names file:line:column.
//
//   auto document = config::Document::Load("agent.yaml");
//   if (!document) return ...;
//   config::Node root = document->root();
//   settings.listen = root.Require("listen").AsString();
//   settings.every = root.Optional("every").AsDuration(std::chrono::minutes(5));
//   if (auto ok = document->Finish(); !ok) return ...;   // all errors at once, one a line
//
// Reading never fails on the spot: an error is noted, a fallback returned, and Finish reports them
// all, with every key that nobody asked for ("unknown key"). So ask for all keys, then Finish.
//
// Refused: duplicate keys, anchors, aliases, tags, merge keys, several documents, more than 1 MiB,
// more than 100 000 nodes, deeper than 32. `${NAME}` in a value is the environment variable NAME,
// which must be set; `$${` is a plain `${`. Only true and false are bools.
//
// Not thread-safe.

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> ProcessEnvironment(const std::string& name);

// All that was found wrong with one file, in the order of its lines.
class Errors {
 public:
  void Add(std::size_t line, std::size_t column, std::string text);  // both from 1
  bool empty() const { return entries_.empty(); }
  std::vector<std::string> Lines(std::string_view file) const;  // "agent.yaml:12:7: ..."

 private:
  struct Entry {
    std::size_t line;
    std::size_t column;
    std::string text;
  };
  std::vector<Entry> entries_;
};

struct DocumentState;
struct NodeData;

// A place in the file, or the absence of one. Cheap to copy; keeps the document alive. An absent
// node answers each question with the fallback, and notes nothing more.
class Node {
 public:
  Node() = default;  // absent

  bool present() const { return data_ != nullptr; }
  bool IsMap() const;
  bool IsList() const;
  bool IsScalar() const;

  // The value of a key. If it is missing, Require notes an error; both then give an absent node.
  Node Require(std::string_view key) const;
  Node Optional(std::string_view key) const;

  std::string AsString(std::string fallback = "") const;  // never empty if present
  std::string AsText(std::string fallback = "") const;    // may be empty
  // The values that ${NAME} stands for in it, which may be secret.
  std::vector<std::string> FromEnvironment() const;
  std::int64_t AsInt(std::int64_t min, std::int64_t max, std::int64_t fallback = 0) const;
  bool AsBool(bool fallback = false) const;
  // "90s", "30m", "12h", "7d", "2w".
  std::chrono::seconds AsDuration(std::chrono::seconds fallback = std::chrono::seconds(0)) const;
  // A relative path is taken from the file's folder.
  std::filesystem::path AsPath(std::filesystem::path fallback = {}) const;
  // One of `names`, by its index: for enumerations.
  std::size_t AsChoice(const std::vector<std::string_view>& names, std::size_t fallback = 0) const;

  std::vector<Node> AsList() const;
  std::vector<std::string> AsStrings() const;
  // For maps whose keys are the user's own names, in the file's order.
  std::vector<std::pair<std::string, Node>> AsMap() const;

  // Notes that this value can't be used, in the caller's words: "must be below max_age".
  void Fail(std::string text) const;
  std::string Where() const;  // "agent.yaml:12:7"; empty if absent

  // Notes the keys at and below this node that nobody asked for; fails with all errors of the
  // document so far. For a reader that is handed only a part of a document.
  policy::Result<void> Finish() const;

 private:
  friend class Document;
  Node(std::shared_ptr<DocumentState> document, const NodeData* data)
      : document_(std::move(document)), data_(data) {}
  const NodeData* Find(std::string_view key) const;
  std::optional<std::string> Scalar(std::string_view wanted) const;

  std::shared_ptr<DocumentState> document_;
  const NodeData* data_ = nullptr;
};

class Document {
 public:
  // `malformed_input` lists what makes the file unreadable, duplicate keys included.
  static policy::Result<Document> Load(const std::filesystem::path& path,
                                       Environment environment = ProcessEnvironment);
  // `file` stands in messages; relative paths are taken from its folder.
  static policy::Result<Document> Parse(std::string_view text, const std::filesystem::path& file,
                                        Environment environment = ProcessEnvironment);

  Node root() const;
  policy::Result<void> Finish() const { return root().Finish(); }

 private:
  explicit Document(std::shared_ptr<DocumentState> state) : state_(std::move(state)) {}
  std::shared_ptr<DocumentState> state_;
};

}  // namespace config

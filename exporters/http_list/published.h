#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/exporter.h"
#include "exporters/http_list/variants.h"
#include "policy/release.h"
#include "policy/result.h"
#include "policy/time.h"

namespace exporters::http_list {

// A file in one content coding, encoded once and shared by all responses.
struct Form {
  std::string coding;  // "gzip", "zstd"; empty for none
  std::shared_ptr<const std::string> body;
  std::string etag;  // strong: "SHA-256" of the file, "SHA-256-gzip"
};

// A file as it is, then in the codings in which it is smaller, best first.
struct Resource {
  std::vector<Form> forms;
  std::string content_type;
  std::size_t size() const;  // octets of all forms
};
using ResourcePtr = std::shared_ptr<const Resource>;

policy::Result<ResourcePtr> MakeResource(std::string bytes, std::string content_type);

// Everything that is served at one instant. Immutable; swapped whole, so that two lists fetched
// from the same instance are always of the same release.
struct Published {
  // "/lists/domains.txt"; and by what it is, for whoever keeps it: "/objects/sha256/HEX"
  std::map<std::string, ResourcePtr, std::less<>> by_path;
  std::shared_ptr<const policy::ListSnapshot> list;
  std::uint64_t release = 0;  // that last changed this list
  std::string digest;         // of the whole list, hexadecimal
  std::string last_modified;  // "Tue, 24 Nov 2026 10:16:31 GMT"
};

// `artifact` is what RenderVariants made of `list`.
policy::Result<std::shared_ptr<const Published>> Publish(
    Artifact artifact, const std::vector<Variant>& variants,
    std::shared_ptr<const policy::ListSnapshot> list, std::uint64_t release,
    policy::TimePoint modified);

std::string PathOf(std::string_view name);  // "/lists/NAME"
bool IsObject(std::string_view path);       // "/objects/..."

// As RFC 9110 section 5.6.7 wants it: "Tue, 24 Nov 2026 10:16:31 GMT".
std::string HttpDate(policy::TimePoint time);

}  // namespace exporters::http_list

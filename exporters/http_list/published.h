#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "exporters/exporter.h"
#include "policy/digest.h"
#include "policy/result.h"
#include "policy/time.h"

namespace exporters::http_list {

// One resource in both its forms, encoded once and shared by all responses.
struct Resource {
  std::shared_ptr<const std::string> identity;
  std::shared_ptr<const std::string> gzip;  // null where it would not be smaller
  std::string etag;                         // strong, of each form: "SHA-256", "SHA-256-gzip"
  std::string gzip_etag;
};

// Everything that is served at one instant. Immutable; swapped whole, so that two lists fetched
// from the same instance are always of the same release.
struct Published {
  std::map<std::string, Resource, std::less<>> by_path;  // "/lists/domains.txt"
  std::uint64_t release = 0;                             // that last changed this list
  std::string digest;                                    // of the whole list, hexadecimal
  std::string last_modified;                             // "Tue, 24 Nov 2026 10:16:31 GMT"
};

policy::Result<std::shared_ptr<const Published>> Publish(Artifact artifact,
                                                         const policy::Sha256& digest,
                                                         std::uint64_t release,
                                                         policy::TimePoint modified);

std::string PathOf(std::string_view name);  // "/lists/NAME"

// As RFC 9110 section 5.6.7 wants it: "Tue, 24 Nov 2026 10:16:31 GMT".
std::string HttpDate(policy::TimePoint time);

}  // namespace exporters::http_list

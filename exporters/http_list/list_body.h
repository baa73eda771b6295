#pragma once

#include <cstddef>
#include <string>

#include "exporters/http_list/formats.h"
#include "policy/indicator.h"

namespace exporters::http_list {

// A list in a format while it is written. `format` has to outlive it.
class ListBody {
 public:
  explicit ListBody(const Format& format) : format_(&format), bytes_(format.head) {}

  void Add(const policy::Indicator& indicator);
  std::size_t lines() const { return lines_; }        // of entries, as the device counts them
  std::size_t size() const { return bytes_.size(); }  // so far, in bytes
  std::string Finish() &&;

 private:
  const Format* format_;
  std::string bytes_;
  std::size_t lines_ = 0;
};

}  // namespace exporters::http_list

#include "exporters/crowdsec/mirror.h"

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

namespace exporters::crowdsec {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::IpPrefix;

// Takes the values out of an answer without keeping the rest of it, which may be 100 MB.
class ValueReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<IpPrefix> added;
  std::vector<IpPrefix> deleted;

  bool key(string_t& name) override {
    if (name == "new") into_ = &added;
    if (name == "deleted") into_ = &deleted;
    is_value_ = name == "value";
    return true;
  }
  bool string(string_t& text) override {
    if (!is_value_) return true;
    const auto prefix = IpPrefix::Parse(text);
    if (!prefix || into_ == nullptr) return false;
    into_->push_back(*prefix);
    return true;
  }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  std::vector<IpPrefix>* into_ = nullptr;
  bool is_value_ = false;
};

}  // namespace

policy::Result<void> Mirror::Pull(bool startup) {
  platform::HttpRequest request;
  request.url = url_ + "/v1/decisions/stream?startup=" + (startup ? "true" : "false");
  request.headers.push_back({"X-Api-Key", key_});
  request.allow_private_addresses = true;
  request.deadline = std::chrono::minutes(2);
  request.body_size_max = 4UL * 1024 * 1024 * 1024;
  const auto response = client_.Get(request);
  if (!response) return tl::unexpected(response.error());
  if (response->status != 200) {
    return Fail(ErrorCode::unavailable,
                request.url + " answered " + std::to_string(response->status));
  }
  ValueReader reader;
  if (!nlohmann::json::sax_parse(response->body, &reader)) {
    return Fail(ErrorCode::malformed_input, request.url + " did not answer with decisions");
  }
  if (startup) held_.clear();
  for (const IpPrefix& value : reader.deleted) held_.erase(value);
  held_.insert(reader.added.begin(), reader.added.end());
  return {};
}

bool Mirror::HoldsExactly(const std::vector<IpPrefix>& values) const {
  return std::equal(held_.begin(), held_.end(), values.begin(), values.end());
}

}  // namespace exporters::crowdsec

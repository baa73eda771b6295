#include "exporters/http_list/list_body.h"

#include <utility>
#include <variant>

namespace exporters::http_list {

void ListBody::Add(const policy::Indicator& indicator) {
  if (lines_ != 0) bytes_ += format_->separator;
  format_->entry(indicator, bytes_);
  lines_ += std::holds_alternative<policy::Domain>(indicator) ? format_->lines_per_domain : 1;
}

std::string ListBody::Finish() && {
  if (lines_ == 0) bytes_ += format_->nothing;
  bytes_ += format_->tail;
  return std::move(bytes_);
}

}  // namespace exporters::http_list

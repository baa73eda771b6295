#include "agent/api/method_table.h"

#include <algorithm>
#include <utility>

namespace agent::api {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

std::string PathOf(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

bool HasAccessRow(std::string_view path) {
  const auto table = AccessTable();
  return std::any_of(table.begin(), table.end(),
                     [&](const Access& access) { return access.method == path; });
}

}  // namespace

void MethodTable::Put(std::string_view full_name, const google::protobuf::Descriptor* request,
                      const google::protobuf::Descriptor* response, Method method) {
  const std::string name(full_name);
  const MethodDescriptor* known = DescriptorPool::generated_pool()->FindMethodByName(name);
  if (known == nullptr) {
    mistakes_.push_back("no .proto has a method " + name);
    return;
  }
  if (known->input_type() != request || known->output_type() != response) {
    mistakes_.push_back("the handler of " + name + " has other types than its .proto");
    return;
  }
  const bool streams = static_cast<bool>(method.open);
  if (known->client_streaming() || known->server_streaming() != streams) {
    mistakes_.push_back(name + (streams ? " is no stream" : " is a stream; give it a stream"));
    return;
  }
  method.name = PathOf(*known);
  if (!methods_.emplace(method.name, method).second) {
    mistakes_.push_back(name + " has two handlers");
  }
}

Result<void> MethodTable::Check(const FileDescriptor& file) const {
  std::vector<std::string> wrong = mistakes_;
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j) {
      const std::string path = PathOf(*file.service(i)->method(j));
      if (Find(path) == nullptr) wrong.push_back(path + " has no handler");
    }
  }
  for (const auto& [path, method] : methods_) {
    if (!HasAccessRow(path)) wrong.push_back(path + " has no row in the access table");
  }
  if (wrong.empty()) return {};
  std::string text = "the API is incomplete:";
  for (const std::string& each : wrong) text += (each == wrong.front() ? " " : "; ") + each;
  return policy::Fail(policy::ErrorCode::malformed_input, std::move(text));
}

std::set<std::string> MethodTable::Services() const {
  std::set<std::string> services;
  for (const auto& [name, method] : methods_) {
    const Access* access = FindAccess(name);
    if (access == nullptr || access->use != Access::For::everywhere) continue;
    services.insert(name.substr(1, name.rfind('/') - 1));
  }
  return services;
}

const Method* MethodTable::Find(std::string_view name) const {
  const auto found = methods_.find(name);
  return found == methods_.end() ? nullptr : &found->second;
}

}  // namespace agent::api

//! What is on the wire stays: a removed, renumbered or retyped field, value or call breaks clients in the field.
//!
//! The golden file lists every field, value and call, a line each. Lines may be added (`TAXCHAIN_BLESS=1` writes them
//! down); a line that is gone is a break and cannot be blessed away without deleting it from the file by hand.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

fn described() -> FileDescriptorSet {
    FileDescriptorSet::decode(proto::DESCRIBED_FILE_DESCRIPTOR_SET).expect("the build wrote it")
}

fn lines(set: &FileDescriptorSet) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for file in &set.file {
        let package = file.package();
        for message in &file.message_type {
            message_lines(&format!("{package}.{}", message.name()), message, &mut out);
        }
        for e in &file.enum_type {
            enum_lines(&format!("{package}.{}", e.name()), e, &mut out);
        }
        for service in &file.service {
            for method in &service.method {
                let stream = |on: bool| if on { "stream " } else { "" };
                out.insert(format!(
                    "call {package}.{}/{} {}{} -> {}{}",
                    service.name(),
                    method.name(),
                    stream(method.client_streaming()),
                    method.input_type(),
                    stream(method.server_streaming()),
                    method.output_type(),
                ));
            }
        }
    }
    out
}

fn message_lines(path: &str, message: &DescriptorProto, out: &mut BTreeSet<String>) {
    out.insert(format!("message {path}"));
    for field in &message.field {
        out.insert(field_line(path, message, field));
    }
    for nested in &message.nested_type {
        message_lines(&format!("{path}.{}", nested.name()), nested, out);
    }
    for e in &message.enum_type {
        enum_lines(&format!("{path}.{}", e.name()), e, out);
    }
}

fn field_line(path: &str, message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let label = match (field.label(), field.proto3_optional()) {
        (Label::Repeated, _) => "repeated",
        (_, true) => "optional",
        _ => "single",
    };
    let one_of = match field.oneof_index {
        Some(i) if !field.proto3_optional() => format!(" in {}", message.oneof_decl[i as usize].name()),
        _ => String::new(),
    };
    let kind = field.r#type().as_str_name();
    let (name, number, of) = (field.name(), field.number(), field.type_name());
    format!("field {path} {number:>3} {name} {label} {kind}{of}{one_of}")
}

fn enum_lines(path: &str, e: &EnumDescriptorProto, out: &mut BTreeSet<String>) {
    for value in &e.value {
        out.insert(format!("value {path} {:>3} {}", value.number(), value.name()));
    }
}

type Change = (&'static str, fn(&mut FileDescriptorProto));

/// Lines of the golden file that are gone.
fn broken(golden: &str, now: &BTreeSet<String>) -> Vec<String> {
    golden.lines().filter(|l| !l.is_empty() && !now.contains(*l)).map(str::to_owned).collect()
}

#[test]
fn nothing_on_the_wire_was_removed_renumbered_or_retyped() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/descriptors.txt");
    let now = lines(&described());
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(broken(&golden, &now), Vec::<String>::new(), "these lines of the wire are gone");
    let written = now.iter().map(|l| format!("{l}\n")).collect::<String>();
    if env::var_os("TAXCHAIN_BLESS").is_some() {
        fs::write(&path, &written).expect("the golden file can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == written, "new on the wire: run TAXCHAIN_BLESS=1 cargo test -p proto --test descriptors");
}

#[test]
fn the_check_sees_each_kind_of_break() {
    let set = described();
    let golden = lines(&set).into_iter().map(|l| format!("{l}\n")).collect::<String>();
    let changes: [Change; 6] = [
        ("a removed field", |f| drop(f.message_type[0].field.remove(0))),
        ("a renumbered field", |f| f.message_type[0].field[0].number = Some(99)),
        ("a retyped field", |f| f.message_type[0].field[0].set_type(Type::Sint32)),
        ("a field made repeated", |f| f.message_type[0].field[0].set_label(Label::Repeated)),
        ("a removed value", |f| drop(f.enum_type[0].value.pop())),
        ("a removed message", |f| drop(f.message_type.pop())),
    ];
    for (what, change) in changes {
        let mut changed = set.clone();
        let file = changed.file.iter_mut().find(|f| f.name().ends_with("types/v1/account.proto")).expect("there");
        change(file);
        assert!(!broken(&golden, &lines(&changed)).is_empty(), "{what}");
    }
    let mut changed = set.clone();
    let file = changed.file.iter_mut().find(|f| !f.service.is_empty()).expect("a service");
    file.service[0].method[0].server_streaming = Some(true);
    assert!(!broken(&golden, &lines(&changed)).is_empty(), "a call made streaming");
}

#[test]
fn no_maps_and_no_floats() {
    for file in &described().file {
        assert!(file.package().starts_with("taxchain.") && file.package().ends_with(".v1"), "{}", file.name());
        let folder = file.package().replace('.', "/");
        assert!(file.name().starts_with(&format!("{folder}/")), "{} is not in {folder}", file.name());
        for message in &file.message_type {
            let path = format!("{}.{}", file.package(), message.name());
            assert!(message.nested_type.is_empty(), "{path} holds a map or a nested message");
            for field in &message.field {
                assert!(!matches!(field.r#type(), Type::Double | Type::Float), "{path}.{}", field.name());
            }
        }
        for e in &file.enum_type {
            assert_eq!(e.value[0].number(), 0, "{}", e.name());
            assert!(e.value[0].name().ends_with("_UNSPECIFIED"), "{}", e.name());
        }
    }
}

#[test]
fn every_part_says_what_it_is_and_every_field_who_sets_it() {
    for file in &described().file {
        let info = file.source_code_info.as_ref().expect("comments are kept");
        let comment = |path: &[i32]| {
            let found = info.location.iter().find(|l| l.path == path);
            found.map(|l| l.leading_comments().trim().to_owned()).unwrap_or_default()
        };
        for (m, message) in file.message_type.iter().enumerate() {
            let m = m as i32;
            assert!(!comment(&[4, m]).is_empty(), "{}", message.name());
            for (f, field) in message.field.iter().enumerate() {
                let own = comment(&[4, m, 2, f as i32]);
                assert!(!own.is_empty(), "{}.{}", message.name(), field.name());
                let one_of = field.oneof_index.filter(|_| !field.proto3_optional());
                let says = one_of.map_or(own, |o| comment(&[4, m, 8, o]));
                let set = ["REQUIRED. ", "OPTIONAL. ", "OUTPUT_ONLY. "].iter().any(|w| says.starts_with(w));
                assert!(set, "{}.{}: {says}", message.name(), field.name());
            }
        }
        for (e, kind) in file.enum_type.iter().enumerate() {
            for v in 0..kind.value.len() {
                assert!(!comment(&[5, e as i32, 2, v as i32]).is_empty(), "{} {v}", kind.name());
            }
        }
        for (s, service) in file.service.iter().enumerate() {
            for (c, call) in service.method.iter().enumerate() {
                assert!(!comment(&[6, s as i32, 2, c as i32]).is_empty(), "{}/{}", service.name(), call.name());
            }
        }
    }
}

#[test]
fn requests_ask_and_answers_answer() {
    let set = described();
    for file in &set.file {
        let info = file.source_code_info.as_ref().expect("comments are kept");
        for (m, message) in file.message_type.iter().enumerate() {
            let (request, response) = (message.name().ends_with("Request"), message.name().ends_with("Response"));
            for location in info.location.iter().filter(|l| l.path.starts_with(&[4, m as i32, 2]) && l.path.len() == 4)
            {
                let says = location.leading_comments();
                let output = says.trim_start().starts_with("OUTPUT_ONLY");
                let input = ["REQUIRED", "OPTIONAL"].iter().any(|w| says.trim_start().starts_with(w));
                assert!(!(request && output && message.name() != "InvoiceRequest"), "{}: {says}", message.name());
                assert!(!(response && input), "{}: {says}", message.name());
            }
        }
    }
}

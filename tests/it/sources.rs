use crate::support::project;

#[test]
fn smoke() {
    let p = project().file("src/lib.rs", "pub fn a() -> u8 { 1 }").file("src/main.rs", "fn main() { println!(\"{}\", foo::a()) }").build();
    p.exact("build").missed("foo").bypassed("bin foo");
    p.assert_fresh("build");
    p.exact("build").hit("foo");
    p.assert_fresh("build");
    p.write("src/lib.rs", "pub fn a() -> u8 { 2 }");
    p.exact("build --message-format=json").missed("foo");
    p.exact("build --message-format=json").hit("foo");
    p.assert_fresh("build");
    assert_eq!(p.run_program("foo"), "2\n");
    p.exact("check").misses(2);
    p.exact("check").hits(2);
}

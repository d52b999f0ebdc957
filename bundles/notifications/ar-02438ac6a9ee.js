var t={};export{t as texts};
